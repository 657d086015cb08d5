import type { MailBody } from '@gatehouse/outbox';
import { chooseLocale, LOCALES, mailTranslator } from '@gatehouse/texts';
import { htmlForm } from './html-form.js';
import { letterFacts } from './letter.js';
import { shownName } from './shown-name.js';
import { templates } from './templates.js';
import { textForm } from './text-form.js';

/** A mail that cannot be written: its template is not there, or misses what it needs. */
export class Unwritable extends Error {}

/** A mail in both forms, in its reader's language. Throws Unwritable. */
export function written({ template: name, subject: given, locale, variables }: MailBody) {
  const template = templates.get(name);
  if (!template) throw new Unwritable(`there is no template ${name}`);
  const facts = letterFacts.safeParse(variables);
  if (!facts.success)
    throw new Unwritable(
      `${name}: ${facts.error.issues.map(({ path }) => path.join('.')).join(', ')} is missing or wrong`,
    );
  const spoken = LOCALES.find((one) => one.locale === chooseLocale(locale)) ?? LOCALES[0];
  const t = mailTranslator(spoken.locale);
  // What an administrator wrote is said in the reader's language where the house happens to know it.
  const subject = mailTranslator(spoken.locale)(given);
  const letter = template(t, { ...facts.data, username: shownName(facts.data.username) });
  const { brand } = facts.data;
  const sheet = { lang: spoken.locale, direction: spoken.direction, brand, subject };
  return { subject, text: textForm(letter, brand), html: htmlForm(letter, sheet) };
}
