import type { Answer, GiveAnswer } from './answer.ts'
import { refuse } from './answer.ts'
import type { Execute } from './execute.ts'
import type { Identify } from './identify.ts'
import type { Prepare } from './prepare.ts'
import type { RawRequest, Receive } from './receive.ts'
import type { ResolveDocument } from './resolve-document.ts'

/** The stages of a request, in the order in which they run. Each takes what those before it made. */
export type Stages = Readonly<{
  receive: Receive
  identify: Identify
  resolveDocument: ResolveDocument
  prepare: Prepare
  execute: Execute
  answer: GiveAnswer
}>

export type Pipeline = (raw: RawRequest) => Promise<Answer>

/** A request's way through the gateway. Whatever fails on it is an answer too. */
export const composePipeline =
  (stage: Stages): Pipeline =>
  async raw => {
    try {
      const request = stage.receive(raw)
      const identity = await stage.identify(request)
      const text = stage.resolveDocument(request)
      const operation = await stage.prepare(request, text)
      const executed = await stage.execute(request, identity, operation)
      return stage.answer(request, executed)
    } catch (error) {
      return refuse(raw, error)
    }
  }
