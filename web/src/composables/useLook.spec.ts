import { describe, expect, it } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'

import { NEWEST } from '@/domain/cohort'
import { accountId } from '@/domain/ids'

import { useLook } from './useLook'

const ada = new Set([accountId('ada')])
const byName = { key: 'login', descending: false } as const

/** A page that is opened, and left by the function that it gives. */
function open(list = 'stream 9', part = '') {
  const scope = effectScope()
  const place = { list: ref(list), part: ref(part) }
  const look = scope.run(() => useLook(() => place.list.value, () => place.part.value))!
  return { ...look, place, leave: () => scope.stop() }
}

describe('what one does to a list', () => {
  it('is still there when one comes back', () => {
    const { picked, filter, order, leave } = open()
    picked.value = ada
    filter.value = 'a'
    order.value = byName
    leave()
    const back = open()
    expect([back.picked.value, back.filter.value, back.order.value]).toEqual([ada, 'a', byName])
    expect(open('stream 8').order.value).toEqual(NEWEST)
  })

  it('is dropped with the part of the list that people were picked in', async () => {
    const { picked, order, place, leave } = open()
    picked.value = ada
    order.value = byName
    place.part.value = 'wave'
    await nextTick()
    expect(picked.value.size).toBe(0)
    expect(order.value).toEqual(byName)
    leave()
    expect(open().picked.value.size).toBe(0)
  })

  it('is still there when one has looked at another list meanwhile, on the same page', async () => {
    const { picked, filter, order, place } = open()
    picked.value = ada
    filter.value = 'a'
    place.list.value = 'stream 8'
    await nextTick()
    expect(picked.value.size).toBe(0)
    order.value = byName
    filter.value = 'b'
    place.list.value = 'stream 9'
    await nextTick()
    expect([picked.value, filter.value, order.value]).toEqual([ada, 'a', NEWEST])
    place.list.value = 'stream 8'
    await nextTick()
    expect([picked.value.size, filter.value, order.value]).toEqual([0, 'b', byName])
  })

  it('is not done to another one that was left as it was', async () => {
    const eight = open('stream 8')
    eight.filter.value = 'b'
    eight.leave()
    const { filter, order, place } = open()
    for (const list of ['stream 8', 'stream 9']) {
      place.list.value = list
      await nextTick()
    }
    expect([filter.value, order.value]).toEqual(['', NEWEST])
  })

  it('picks nobody in another part than they were picked in', () => {
    const { picked, leave } = open()
    picked.value = ada
    leave()
    expect(open('stream 9', 'wave').picked.value.size).toBe(0)
  })

  it('is remembered of a few lists, those that were touched last', () => {
    for (let i = 0; i < 9; i += 1) open(`stream ${i}`).picked.value = ada
    expect([0, 1, 8].map((i) => open(`stream ${i}`).picked.value.size)).toEqual([0, 1, 1])
  })
})
