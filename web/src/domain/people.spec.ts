import { describe, expect, it } from 'vitest'

import { channelId } from './ids'
import { ofOrigin, type ReturnCohort } from './people'

const cohort = (origins: ReturnCohort['origins']): ReturnCohort => ({
  channel: channelId('1'),
  stream: null,
  at: new Date(0),
  newcomers: 10,
  back: [4, 2],
  origins,
})

describe('ofOrigin', () => {
  const cohorts = [cohort([{ origin: 'raid', newcomers: 6, back: [3, 1] }]), cohort([])]

  it('takes that part of each cohort, and leaves out those without one', () => {
    expect(ofOrigin(cohorts, 'raid')).toMatchObject([{ newcomers: 6, back: [3, 1] }])
    expect(ofOrigin(cohorts, 'wave')).toEqual([])
  })

  it('takes all of all', () => {
    expect(ofOrigin(cohorts, 'all')).toEqual(cohorts)
  })
})
