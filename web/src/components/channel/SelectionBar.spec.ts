import { expect, it, vi } from 'vitest'

import ToastList from '@/components/ToastList.vue'
import { accountId } from '@/domain/ids'
import { mountInPage } from '@/testing/mount'
import { NOON, plain } from '@/testing/samples'

import SelectionBar from './SelectionBar.vue'

const row = (login: string) => ({
  id: accountId(login), login, displayName: login, createdAt: NOON, firstSeen: NOON, lastSeen: NOON, captures: 1, regular: false,
})
async function open(logins: string[], marked: string[] = []) {
  const { wrapper } = await mountInPage(SelectionBar, {
    props: { rows: logins.map(row), channel: 'lumi', verdictOf: (id: string) => (marked.includes(id) ? 'people' : null) },
  })
  return { wrapper, press: (name: string) => wrapper.findAll('button').find((one) => one.text() === name)!.trigger('click') }
}

it('is there only while somebody is picked', async () => {
  const { wrapper } = await open([])
  expect(wrapper.find('[role=toolbar]').exists()).toBe(false)
})

it('marks, and takes back only what there is to take back', async () => {
  const { wrapper, press } = await open(['ada', 'bob'], ['bob'])
  expect(plain(wrapper.text())).toContain('2 choisis')
  await press('Suspects')
  await press('Retirer l’avis')
  expect(wrapper.emitted('mark')).toEqual([['suspicious'], [null]])
  const unmarked = await open(['ada'])
  expect(unmarked.wrapper.text()).not.toContain('Retirer')
})

it('copies names, and lines to ban with', async () => {
  const writeText = vi.fn().mockResolvedValue(undefined)
  vi.stubGlobal('navigator', Object.create(navigator, { clipboard: { value: { writeText } } }))
  const { press } = await open(['ada', 'bob'])
  await press('Copier les noms')
  await press('Copier les /ban')
  expect(writeText.mock.calls).toEqual([['ada\nbob'], ['/ban ada\n/ban bob']])
})

it('says so when the browser does not let it copy', async () => {
  const writeText = vi.fn().mockRejectedValue(new Error('no'))
  vi.stubGlobal('navigator', Object.create(navigator, { clipboard: { value: { writeText } } }))
  const { wrapper: toasts } = await mountInPage(ToastList)
  const { press } = await open(['ada'])
  await press('Copier les noms')
  await vi.waitFor(() => expect(toasts.text()).toContain('Le navigateur a refusé'))
})
