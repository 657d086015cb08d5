/** The supported languages with their native names and writing directions. The first language is the default. */
export const LOCALES = [
  { locale: 'en', name: 'English', direction: 'ltr' },
  { locale: 'de', name: 'Deutsch', direction: 'ltr' },
  { locale: 'fr', name: 'Français', direction: 'ltr' },
  { locale: 'es', name: 'Español', direction: 'ltr' },
  { locale: 'ar', name: 'العربية', direction: 'rtl' },
] as const;

/** A supported language. */
export type Locale = (typeof LOCALES)[number]['locale'];
