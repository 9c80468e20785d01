import { SoapFault } from './soap-fault.js'
import { at, refAt, textAt, type Ref } from './xml.js'

/** The vCenter's entry points and what it says of itself. */
export interface ServiceContent {
  readonly rootFolder: Ref
  readonly propertyCollector: Ref
  readonly viewManager: Ref
  readonly sessionManager: Ref
  readonly searchIndex: Ref
  readonly authorizationManager: Ref | undefined
  /** E.g. `VMware vCenter Server 8.0.2 build-22617221`. */
  readonly fullName: string
  readonly version: string
  readonly apiVersion: string
}

/** Reads the answer to RetrieveServiceContent. Throws `SoapFault` where it is a single ESXi host or none of both. */
export const readServiceContent = (response: unknown): ServiceContent => {
  const content = at(response, 'returnval')
  const needed = (name: string): Ref => {
    const ref = refAt(content, name)
    if (ref === undefined)
      throw new SoapFault('NotSupported', `it offers no ${name}: is it a vCenter?`, undefined)
    return ref
  }
  return {
    rootFolder: needed('rootFolder'),
    propertyCollector: needed('propertyCollector'),
    viewManager: needed('viewManager'),
    sessionManager: needed('sessionManager'),
    searchIndex: needed('searchIndex'),
    authorizationManager: refAt(content, 'authorizationManager'),
    fullName: textAt(content, 'about', 'fullName') ?? 'unknown',
    version: textAt(content, 'about', 'version') ?? 'unknown',
    apiVersion: textAt(content, 'about', 'apiVersion') ?? '6.5',
  }
}
