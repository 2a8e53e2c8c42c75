import { describe, expect, it } from 'vitest'

import { SseParser } from './sse'

const STREAM = [
  ': keep-alive\n\n',
  'id: 7\nevent: job\ndata: {"a":1}\n\n',
  'data: one\r\ndata: two\r\n\r\n',
  'event: nothing\n\n',
  'retry: 2500\r',
  'id\ndata:no space\n\n',
].join('')

const EXPECTED = [
  { id: '7', event: 'job', data: '{"a":1}' },
  { id: '7', event: 'message', data: 'one\ntwo' },
  { id: '', event: 'message', data: 'no space' },
]

describe('SseParser', () => {
  it('reads messages wherever the stream is cut', () => {
    for (let cut = 0; cut <= STREAM.length; cut += 1) {
      const parser = new SseParser()
      const messages = [...parser.push(STREAM.slice(0, cut)), ...parser.push(STREAM.slice(cut))]
      expect(messages, `cut at ${cut}`).toEqual(EXPECTED)
      expect(parser.retry).toBe(2500)
    }
  })

  it('reads messages that arrive letter by letter', () => {
    const parser = new SseParser()
    expect(Array.from(STREAM).flatMap((letter) => parser.push(letter))).toEqual(EXPECTED)
  })

  it('keeps a message back until its empty line', () => {
    const parser = new SseParser()
    expect(parser.push('data: x\n')).toEqual([])
    expect(parser.push('\n')).toHaveLength(1)
  })
})
