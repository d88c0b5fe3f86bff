import { expect, test } from '@jest/globals'
import { buildSchema, graphql } from 'graphql'
import type { WithTags } from '../definition.ts'
import { nameFields } from './name-fields.ts'

test('each field is named as the schema names it, and resolves as before', async () => {
  const schema = buildSchema(
    'type Query { page: Page, nothing: Page } type Page { total(of: Int): Int, title: String }',
  )
  const fields = schema.getQueryType()?.getFields() ?? {}
  fields['page']!.resolve = () => ({
    title: 'plain',
    total(this: object, { of }: { of: number }) {
      return Object.keys(this).length + of
    },
  })
  const named: (string | undefined)[] = []
  const withTags: WithTags = ({ field }, work) => {
    named.push(field)
    return work()
  }
  nameFields(schema, withTags)
  const answer = await graphql({
    schema,
    source: '{ alias: page { other: title total(of: 5) } nothing { title } }',
  })
  expect(answer).toEqual({ data: { alias: { other: 'plain', total: 7 }, nothing: null } })
  // A plain property loads nothing, so it needs no name.
  expect(named).toEqual(['Query.page', 'Page.total'])
})
