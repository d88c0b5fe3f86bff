import { authConfig } from '@marquee/auth'
import { dataConfig } from '@marquee/data'
import { gatewayConfig } from '@marquee/gateway'
import { subgraphConfig } from '@marquee/subgraph'
import { usersConfig } from '@marquee/users'
import { z } from 'zod'
import { platformConfig } from './platform-config.ts'

/** All of marquee.yaml: one section per part of the platform. */
export const marqueeConfig = z
  .strictObject({
    platform: platformConfig.prefault({}).describe('`marquee up`: everything on one machine'),
    gateway: gatewayConfig,
    subgraph: subgraphConfig.describe('Every subgraph process'),
    data: dataConfig.prefault({}),
    auth: authConfig.describe('The subgraph auth'),
    users: usersConfig.prefault({}),
  })
  .describe('marquee.yaml')
