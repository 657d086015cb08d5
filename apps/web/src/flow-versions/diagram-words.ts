import type { Translate } from '@gatehouse/texts/browser';
import type { DiagramConditions, VersionDiagram } from './flow-diagram.js';

/** Returns conditions as a text, such as “policy odd-hours or not group staff”. */
export function conditionsText({ mode, conditions }: DiagramConditions, t: Translate): string {
  const texts = conditions.map(({ type, name, negate }) => {
    const text = {
      policy: () => t('policy {name}', { name }),
      group: () => t('group {name}', { name }),
      user: () => t('user {name}', { name }),
    }[type]();
    return negate ? t('not {condition}', { condition: text }) : text;
  });
  return texts.join(` ${mode === 'any' ? t('or') : t('and')} `);
}

/** Returns for which visitors a flow is, as a text; `undefined` if it is for everybody. */
export function requirementText(requirement: VersionDiagram['requirement'], t: Translate): string | undefined {
  switch (requirement) {
    case 'none':
      return undefined;
    case 'require_authenticated':
      return t('only for logged-in visitors');
    case 'require_unauthenticated':
      return t('only for anonymous visitors');
    case 'require_superuser':
      return t('only for superusers');
    case 'require_outpost':
      return t('only for outposts');
    case 'require_redirect':
      return t('only for visitors from another flow');
    case 'require_token':
      return t('only for visitors with a link');
  }
}

/** Returns a duration as a text in seconds, in the language of the page. */
export const durationText = (ms: number, locale: string): string =>
  new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: 'second',
    unitDisplay: 'short',
    maximumFractionDigits: ms < 10_000 ? 1 : 0,
  }).format(ms / 1000);
