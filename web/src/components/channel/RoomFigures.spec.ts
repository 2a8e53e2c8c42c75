import { expect, it } from 'vitest'

import { mountInPage } from '@/testing/mount'
import { NOON, plain, samplePoint } from '@/testing/samples'

import RoomFigures from './RoomFigures.vue'

const coverage = { captures: 2, gaps: 0, first: NOON, last: NOON }
const creations = { coverage, accounts: 2_782, known: 2_379, broadcasts: 12, days: [] }
const newcomers = { coverage, total: 312, byRaid: 0, byWave: 0, cameBack: 0, people: [], next: null }
const points = [samplePoint({ at: new Date(NOON.getTime() - 300_000) }), samplePoint({ viewers: 2_866, arrived: 70, left: 85 })]
const open = async (props: object) => {
  const { wrapper } = await mountInPage(RoomFigures, { props: { points, creations, newcomers, ...props } })
  return wrapper.findAll('dl > div').map((figure) => plain(figure.text()))
}

it('says of what and when each number is', async () => {
  const [chatters, moves, fresh, accounts] = await open({})
  expect(chatters).toMatch(/^Dans le chat à \d\d:\d\d2 412pour 2 866 spectateurs$/)
  expect(moves).toMatch(/^Arrivés et partis\+70 −85depuis \d\d:\d\d$/)
  expect(fresh).toBe('Nouveaux ce direct312jamais vus ici avant')
  expect(accounts).toBe('Comptes distincts2 78285 % des dates de création connues')
})

it('leaves out what is not known', async () => {
  expect(await open({ points: [samplePoint({ arrived: null, left: null })], newcomers: undefined })).toHaveLength(2)
  expect(await open({ points: [], newcomers: undefined, creations: undefined })).toEqual([])
})

it('says why everybody is new in the first broadcast', async () => {
  const figures = await open({ creations: { ...creations, broadcasts: 0 } })
  expect(figures[2]).toContain('c’est le premier direct capturé')
})
