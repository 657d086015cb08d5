/** The languages that the house speaks, each with its own name and the direction it is written in; the first where nothing is asked for. */
export const LOCALES = [
  { locale: 'en', name: 'English', direction: 'ltr' },
  { locale: 'de', name: 'Deutsch', direction: 'ltr' },
  { locale: 'fr', name: 'Français', direction: 'ltr' },
  { locale: 'es', name: 'Español', direction: 'ltr' },
  { locale: 'ar', name: 'العربية', direction: 'rtl' },
] as const;

/** A language that the house speaks. */
export type Locale = (typeof LOCALES)[number]['locale'];
