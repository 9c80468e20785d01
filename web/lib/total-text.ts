/** How many a list has in all, as its first page says: `120`, `10,000 or more`. */
export const totalText = (
  first: { readonly total: number; readonly total_is_capped?: boolean | undefined } | undefined,
): string => `${(first?.total ?? 0).toLocaleString('en')}${first?.total_is_capped ? ' or more' : ''}`
