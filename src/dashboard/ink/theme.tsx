/** How tones look. Only the terminal's own sixteen colours, so that it reads on light and dark alike; none with `NO_COLOR`. */

import { createContext, useContext } from 'react'
import type { Tone } from '../rows.ts'

export type Look = { readonly color?: string; readonly dimColor?: boolean; readonly bold?: boolean }
export type Theme = (tone: Tone) => Look

const colours: Readonly<Record<Tone, Look>> = {
  plain: {},
  quiet: { dimColor: true },
  good: { color: 'green' },
  warning: { color: 'yellow' },
  bad: { color: 'red' },
}

export const coloured: Theme = tone => colours[tone]
export const colourless: Theme = () => ({})

const ThemeContext = createContext<Theme>(coloured)
export const ThemeProvider = ThemeContext.Provider

export function useTheme(): Theme {
  return useContext(ThemeContext)
}
