import type { MailContent } from './mail-content.js';

interface HtmlOptions {
  readonly lang: string;
  readonly direction: string;
  readonly brand: string;
  readonly subject: string;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string) => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);

const FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const paragraph = (text: string, style = '') => `<p style="margin:0 0 16px;${style}">${escaped(text)}</p>`;

/**
 * Renders the HTML part of a mail, with tables and inline styles for old mail programs, and without external resources.
 */
export function renderHtml(content: MailContent, { lang, direction, brand, subject }: HtmlOptions): string {
  return `<!doctype html>
<html lang="${lang}" dir="${direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(subject)}</title>
</head>
<body style="margin:0;padding:0;background:#f2f3f5;color:#1c1e21;${FONT}">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f2f3f5">
<tr><td align="center" style="padding:32px 16px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:540px;background:#ffffff;border-radius:8px">
<tr><td style="padding:32px;font-size:16px;line-height:1.5;color:#1c1e21;overflow-wrap:anywhere;${FONT}">
<p style="margin:0 0 24px;font-size:14px;color:#5f6368">${escaped(brand)}</p>
<h1 style="margin:0 0 16px;font-size:24px;line-height:1.25">${escaped(content.heading)}</h1>
${paragraph(content.opening)}
${content.link ? button(content.link) : ''}
${content.code ? code(content.code) : ''}
${content.closing.map((text) => paragraph(text, 'font-size:14px;color:#5f6368')).join('\n')}
${content.link ? address(content.link) : ''}
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`;
}

type Link = NonNullable<MailContent['link']>;

const address = ({ url }: Link) =>
  `<p style="margin:0;font-size:12px;color:#5f6368;word-break:break-all" dir="ltr">${escaped(url)}</p>`;

const button = ({ label, url }: Link) =>
  `<p style="margin:0 0 24px"><a href="${escaped(url)}" style="display:inline-block;padding:12px 24px;text-align:center;border-radius:6px;background:#1d4ed8;color:#ffffff;font-weight:600;text-decoration:none">${escaped(label)}</a></p>`;

const code = ({ opening, digits }: NonNullable<MailContent['code']>) =>
  `${opening === undefined ? '' : paragraph(opening)}\n<p style="margin:0 0 24px;font-size:28px;font-weight:600;letter-spacing:6px;font-variant-numeric:tabular-nums"><span dir="ltr">${escaped(digits)}</span></p>`;
