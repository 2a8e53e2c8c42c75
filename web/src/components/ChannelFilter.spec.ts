import { describe, expect, it } from 'vitest'

import { channelId } from '@/domain/ids'
import { mountInPage } from '@/testing/mount'

import ChannelFilter from './ChannelFilter.vue'

const channels = ['1', '2', '3'].map((id) => ({ id: channelId(id), login: id, displayName: `C${id}` }))

async function pressing(chosen: string[], name: string) {
  const { wrapper } = await mountInPage(ChannelFilter, { props: { channels, modelValue: chosen } })
  await wrapper.findAll('button').find((button) => button.text() === name)!.trigger('click')
  return wrapper.emitted('update:modelValue')?.[0]?.[0]
}

describe('ChannelFilter', () => {
  it('adds, removes, and takes all together as none', async () => {
    expect(await pressing([], 'C1')).toEqual(['1'])
    expect(await pressing(['1', '2'], 'C1')).toEqual(['2'])
    expect(await pressing(['1', '2'], 'C3')).toEqual([])
    expect(await pressing(['1', '2'], 'Toutes')).toEqual([])
  })

  it('drops what it does not know, which an address may name', async () => {
    expect(await pressing(['9'], 'C1')).toEqual(['1'])
    expect(await pressing(['9', '1'], 'C2')).toEqual(['1', '2'])
  })

  it('says which are pressed', async () => {
    const { wrapper } = await mountInPage(ChannelFilter, { props: { channels, modelValue: ['2'] } })
    expect(wrapper.findAll('button').map((button) => button.attributes('aria-pressed'))).toEqual([
      'false',
      'false',
      'true',
      'false',
    ])
  })
})
