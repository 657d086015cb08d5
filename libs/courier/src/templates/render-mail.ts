import type { MailBody } from '@gatehouse/outbox';
import { chooseLocale, LOCALES, mailTranslator } from '@gatehouse/texts';
import { renderHtml } from './html.js';
import type { MailContent } from './mail-content.js';
import { mailTemplates } from './mail-templates.js';
import { quotedName } from './quoted-name.js';

/** Thrown if the template of a mail is unknown, or if the variables are invalid. */
export class TemplateError extends Error {}

/** Renders a mail as text and HTML in the recipient's language. Throws TemplateError. */
export function renderMail({ template: name, subject: englishSubject, locale, variables }: MailBody) {
  const template = mailTemplates.get(name);
  if (!template) throw new TemplateError(`the mail template ${name} does not exist`);
  const parsed = template.variables.safeParse(variables);
  if (!parsed.success)
    throw new TemplateError(
      `${name}: ${parsed.error.issues.map(({ path }) => path.join('.')).join(', ')} is missing or invalid`,
    );
  const language = LOCALES.find((supported) => supported.locale === chooseLocale(locale)) ?? LOCALES[0];
  const translate = mailTranslator(language.locale);
  // A subject that an administrator wrote is translated only if the catalogue happens to contain it.
  const subject = translate(englishSubject);
  const content = template.content(translate, { ...parsed.data, username: quotedName(parsed.data.username) });
  const { brand } = parsed.data;
  const options = { lang: language.locale, direction: language.direction, brand, subject };
  return { subject, text: renderText(content, brand), html: renderHtml(content, options) };
}

/** Renders the plain text part of a mail. The link and the code are on lines of their own. */
const renderText = ({ heading, opening, link, code, closing }: MailContent, brand: string): string =>
  `${[heading, opening, link?.url, code?.opening, code?.digits, ...closing, `-- \n${brand}`]
    .filter((part) => part !== undefined)
    .join('\n\n')}\n`;
