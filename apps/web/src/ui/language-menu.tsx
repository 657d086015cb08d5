import { LOCALES, type Translate } from '@gatehouse/texts/browser';
import type { LanguagePageData } from '../page.js';

interface Props {
  readonly pageData: LanguagePageData & {
    /** URL of the page, to which the menu redirects after a choice. */
    readonly address: string;
  };
  readonly t: Translate;
}

/** Returns the language menu; `undefined` if the user's setting decides the language. */
export const languageMenuOf = (props: Props) =>
  props.pageData.chosen_locale === undefined ? undefined : <LanguageMenu {...props} />;

/** The language menu: a form that needs no script. */
function LanguageMenu({ pageData: { locale, chosen_locale: chosen, address }, t }: Props) {
  const current = LOCALES.find((language) => language.locale === locale)?.name;
  const options = [{ locale: '', name: t('Automatic') }, ...LOCALES];
  return (
    <details class="languages">
      <summary>
        <span class="unseen">{t('Language')} </span>
        {current}
      </summary>
      <form method="post" action={`/if/language/?next=${encodeURIComponent(address)}`}>
        <ul>
          {options.map((option) => (
            <li key={option.locale}>
              <button
                class="link"
                name="locale"
                value={option.locale}
                lang={option.locale || undefined}
                aria-current={option.locale === chosen ? 'true' : undefined}
              >
                {option.name}
              </button>
            </li>
          ))}
        </ul>
      </form>
    </details>
  );
}
