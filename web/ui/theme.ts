import { createTheme } from 'flowbite-react'

// A wrong field stays dark; the sentence below it says what is wrong.
const wrong =
  'border-red-500 bg-gray-50 text-gray-900 focus:border-red-500 focus:ring-red-500 dark:border-red-500 dark:bg-gray-700 dark:text-white dark:placeholder-gray-400 dark:focus:border-red-500 dark:focus:ring-red-500'

// Flowbite's own classes are merged with these and are dark ones: so must these be, or they lose.
/** Where Flowbite's dark theme is too bright (tags), looks disabled (the second button) or hides text (select). */
export const theme = createTheme({
  badge: {
    root: {
      base: 'flex h-fit items-center gap-1 rounded border font-medium',
      color: {
        success: 'dark:border-green-700 dark:bg-green-950 dark:text-green-300 dark:hover:bg-green-950',
        failure: 'dark:border-red-700 dark:bg-red-950 dark:text-red-300 dark:hover:bg-red-950',
        warning: 'dark:border-yellow-600 dark:bg-yellow-950 dark:text-yellow-200 dark:hover:bg-yellow-950',
        yellow: 'dark:border-yellow-600 dark:bg-yellow-950 dark:text-yellow-200 dark:hover:bg-yellow-950',
        blue: 'dark:border-blue-700 dark:bg-blue-950 dark:text-blue-300 dark:hover:bg-blue-950',
        gray: 'dark:border-gray-600 dark:bg-gray-700 dark:text-gray-200 dark:hover:bg-gray-700',
      },
    },
  },
  // The arrow needs its place also where the field is as wide as its text.
  select: {
    field: { select: { sizes: { md: 'p-2.5 pr-10 text-sm' }, colors: { failure: wrong } } },
  },
  textInput: { field: { input: { colors: { failure: wrong } } } },
  button: {
    color: {
      alternative: 'dark:border-gray-500 dark:bg-gray-800 dark:text-gray-100 dark:hover:bg-gray-700',
    },
  },
})
