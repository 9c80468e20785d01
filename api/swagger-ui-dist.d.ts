declare module 'swagger-ui-dist' {
  /** The directory of the page's files. */
  export const absolutePath: () => string
}
