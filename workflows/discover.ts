import { CancellationScope } from '@temporalio/workflow'
import type { DiscoverInput, DiscoverResult } from '../domain/operations.js'
import { defaultSite } from '../domain/rules/names.js'
import { captureQuestion, control } from './steps.js'

/** Asks a platform for its VMs; the answer lies in `discovered_vms` under the request's id. */
export async function discover(input: DiscoverInput): Promise<DiscoverResult> {
  const what = input.filter ?? 'all VMs'
  try {
    return await captureQuestion(defaultSite).discover.executeWithOptions({ summary: `discover ${what}` }, [
      input,
    ])
  } finally {
    const credentialId = input.adHoc?.credentialId
    if (credentialId)
      await CancellationScope.nonCancellable(() =>
        control.forgetCredential.executeWithOptions({ summary: 'forget the credential of this question' }, [
          { credentialId },
        ]),
      )
  }
}
