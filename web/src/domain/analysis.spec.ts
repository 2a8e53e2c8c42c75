import { expect, it } from 'vitest'

import { NOON } from '@/testing/samples'

import { ALL_CAPTURES, chosenOf } from './analysis'
import { streamId } from './ids'

const [latest, earlier] = ['9', '8'].map((id) => ({ id: streamId(id), title: '', startedAt: NOON, endedAt: null, captures: 2, peak: 60 }))
const streams = [latest!, earlier!]

it('shows the broadcast wanted, else the latest, and says whether one was wanted in vain', () => {
  expect(chosenOf(streams, null)).toEqual({ stream: latest, isUnknown: false })
  expect(chosenOf(streams, '8')).toEqual({ stream: earlier, isUnknown: false })
  expect(chosenOf(streams, '7')).toEqual({ stream: latest, isUnknown: true })
  expect(chosenOf([], '7')).toEqual({ stream: null, isUnknown: true })
})

it('shows all captures when they are wanted, or when there is no broadcast', () => {
  expect(chosenOf(streams, ALL_CAPTURES)).toEqual({ stream: null, isUnknown: false })
  expect(chosenOf([], null)).toEqual({ stream: null, isUnknown: false })
})
