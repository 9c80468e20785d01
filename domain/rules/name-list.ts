const most = 5

/** Names for a sentence: `a, b and 3 more`. */
export const nameList = (names: readonly string[]): string =>
  names.length <= most
    ? names.join(', ')
    : `${names.slice(0, most).join(', ')} and ${names.length - most} more`
