/** The languages that the house speaks, each with its own name and the direction it is written in. */
export const LOCALES = {
  en: { name: 'English', direction: 'ltr' },
  de: { name: 'Deutsch', direction: 'ltr' },
  fr: { name: 'Français', direction: 'ltr' },
  es: { name: 'Español', direction: 'ltr' },
  ar: { name: 'العربية', direction: 'rtl' },
} as const satisfies Record<string, { name: string; direction: 'ltr' | 'rtl' }>;

export type Locale = keyof typeof LOCALES;

/** What is spoken where nothing else is asked for; its sentences are the keys of the catalogues. */
export const DEFAULT_LOCALE: Locale = 'en';
