import { expect, it } from 'vitest'

import { NOON } from '@/testing/samples'

import { ALL_CAPTURES, chosenOf, subjectOf } from './analysis'
import { captureId, channelId, streamId } from './ids'

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

it('is about the broadcast, else about all that was captured, if anything was', () => {
  const captured = { id: channelId('1'), lastCapture: { id: captureId('5'), capturedAt: NOON, chatters: 60 } }
  expect(subjectOf(latest!, captured)).toEqual({ kind: 'stream', id: '9' })
  expect(subjectOf(null, captured)).toEqual({ kind: 'channel', id: '1' })
  expect(subjectOf(null, { ...captured, lastCapture: null })).toBeNull()
})
