import type { MailBody } from '@gatehouse/outbox';
import { chooseLocale, LOCALES, mailTranslator } from '@gatehouse/texts';
import { renderHtml } from './html.js';
import { mailTemplates } from './index.js';
import { mailVariables } from './mail-content.js';
import { quotedName } from './quoted-name.js';
import { renderText } from './text.js';

/** A mail that cannot be written: its template is not there, or misses what it needs. */
export class TemplateError extends Error {}

/** A mail in both forms, in its reader's language. Throws Unwritable. */
export function renderMail({ template: name, subject: given, locale, variables }: MailBody) {
  const template = mailTemplates.get(name);
  if (!template) throw new TemplateError(`there is no template ${name}`);
  const facts = mailVariables.safeParse(variables);
  if (!facts.success)
    throw new TemplateError(
      `${name}: ${facts.error.issues.map(({ path }) => path.join('.')).join(', ')} is missing or wrong`,
    );
  const spoken = LOCALES.find((one) => one.locale === chooseLocale(locale)) ?? LOCALES[0];
  const t = mailTranslator(spoken.locale);
  // What an administrator wrote is said in the reader's language where the house happens to know it.
  const subject = mailTranslator(spoken.locale)(given);
  const letter = template(t, { ...facts.data, username: quotedName(facts.data.username) });
  const { brand } = facts.data;
  const sheet = { lang: spoken.locale, direction: spoken.direction, brand, subject };
  return { subject, text: renderText(letter, brand), html: renderHtml(letter, sheet) };
}
