export { usersConfig, type UsersConfig } from './config.ts'
export { usersDefinition } from './users-definition.ts'
export { usersModel } from './users-model.ts'
export { anyUser, lifeRows, partitionsSince, personRows } from './seed/user-rows.ts'
