import { Notice } from '../ui/alert.js';
import { Frame } from '../ui/frame.js';
import { languageMenuOf } from '../ui/language-menu.js';
import { ComparisonSection } from './comparison.section.js';
import { DiagramSection } from './diagram.section.js';
import type { FlowVersionsProps } from './flow-versions-props.js';
import { RolloutSection } from './rollout.section.js';
import { SimulationSection } from './simulation.section.js';
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
        <ChangeNotice pageData={pageData} t={t} />
        {isHeld && (
          <Notice>
            {t('Applying blueprints does not publish this flow, because its current version was chosen.')}
          </Notice>
        )}
        <RolloutSection pageData={pageData} t={t} />
        <section id="versions" aria-labelledby="versions-heading">
          <h2 id="versions-heading">{t('Versions')}</h2>
          <VersionList pageData={pageData} t={t} />
        </section>
        <DiagramSection pageData={pageData} t={t} />
        <SimulationSection pageData={pageData} t={t} />
        <ComparisonSection pageData={pageData} t={t} />
      </main>
    </Frame>
  );
};

/** Describes the state of the flow after a change. The message has the focus when the page opens. */
function ChangeNotice({ pageData: { isChanged, flow }, t }: FlowVersionsProps) {
  if (!isChanged) return null;
  return (
    <div tabIndex={-1} autofocus>
      <Notice>
        {flow.candidate
          ? t('Version {version} for {percent} % of the visitors', flow.candidate)
          : t('Version {number} is current.', { number: flow.version })}
      </Notice>
    </div>
  );
}

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
