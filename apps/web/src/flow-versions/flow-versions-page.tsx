import { Notice } from '../ui/alert.js';
import { Frame } from '../ui/frame.js';
import { languageMenuOf } from '../ui/language-menu.js';
import { ComparisonSection } from './comparison.section.js';
import type { FlowVersionsProps } from './flow-versions-props.js';
import { VersionList } from './version-list.js';

/** The page of a flow with its versions. It needs no JavaScript. */
export const FlowVersionsPage = ({ pageData, t }: FlowVersionsProps) => {
  const { brand, isHeld } = pageData;
  return (
    <Frame brand={brand} menu={languageMenuOf({ pageData, t })} wide>
      <main>
        <div class="links">
          <a href="/if/admin/flows/">{t('All flows')}</a>
        </div>
        <Heading flow={pageData.flow} />
        {isHeld && (
          <Notice>
            {t('Applying blueprints does not publish this flow, because its current version was chosen.')}
          </Notice>
        )}
        <section id="versions" aria-labelledby="versions-heading">
          <h2 id="versions-heading">{t('Versions')}</h2>
          <VersionList pageData={pageData} t={t} />
        </section>
        <ComparisonSection pageData={pageData} t={t} />
      </main>
    </Frame>
  );
};

const Heading = ({ flow }: Pick<FlowVersionsProps['pageData'], 'flow'>) => (
  <div>
    <h1>
      <bdi>{flow.title || flow.slug}</bdi>
    </h1>
    <p class="hint">
      <bdi>{flow.slug}</bdi>
      {' · '}
      <bdi>{flow.designation}</bdi>
    </p>
  </div>
);
