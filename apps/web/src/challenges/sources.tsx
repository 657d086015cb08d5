import { useHeading, usePage } from '../flow/page.context.js';
import { Alert } from '../ui/alert.js';
import { Apple, type AppleChallenge } from './apple.js';
import { Plex, type PlexChallenge } from './plex.js';

/** A source: another site that the user can log in with. */
export interface Source {
  readonly name: string;
  readonly icon_url?: string | null;
  readonly challenge: { readonly component: string; readonly to?: string };
  /** Whether the button is larger, and before the others. */
  readonly promoted?: boolean;
}

interface SourceButtonsProps {
  readonly sources: readonly Source[];
  /** Whether buttons show the source's name beside its icon. */
  readonly labels: boolean;
  readonly choose: (source: Source) => void;
}

/** The buttons of the sources: the promoted ones first. */
export function SourceButtons({ sources, labels, choose }: SourceButtonsProps) {
  const [promoted, others] = [true, false].map((is) => sources.filter((source) => (source.promoted ?? false) === is));
  return (
    <>
      {promoted!.length > 0 && <SourceList sources={promoted!} look="named promoted" choose={choose} />}
      {others!.length > 0 && (
        <SourceList sources={others!} look={labels || others!.length < 3 ? 'named' : 'icons'} choose={choose} />
      )}
    </>
  );
}

interface SourceListProps extends Pick<SourceButtonsProps, 'sources' | 'choose'> {
  readonly look: string;
}

const SourceList = ({ sources, look, choose }: SourceListProps) => (
  <ul class={look}>
    {sources.map((source) => (
      <li key={source.name}>
        {source.challenge.to === undefined ? (
          <button type="button" class="plain source" onClick={() => choose(source)}>
            <SourceLabel source={source} />
          </button>
        ) : (
          <a class="plain source" href={source.challenge.to}>
            <SourceLabel source={source} />
          </a>
        )}
      </li>
    ))}
  </ul>
);

/** Returns whether the URL of an icon is a picture. `fa://` means an icon font, which Gatehouse does not include. */
const isPicture = (url: string | null | undefined): url is string => Boolean(url) && !url?.startsWith('fa://');

const SourceLabel = ({ source: { name, icon_url } }: { source: Source }) => (
  <>
    {isPicture(icon_url) && <img src={icon_url} alt="" width="20" height="20" />}
    <span class="name">{usePage().t('Continue with {name}', { name })}</span>
  </>
);

/** Shows the challenge of a source whose challenge is not a redirect. */
export function SourceStep({ source: { challenge, name }, back }: { source: Source; back: () => void }) {
  const { t } = usePage();
  useHeading(t('Continue with {name}', { name }));
  return (
    <>
      <SourceChallenge challenge={challenge} />
      <button type="button" class="plain" onClick={back}>
        {t('Back')}
      </button>
    </>
  );
}

function SourceChallenge({ challenge }: { challenge: Source['challenge'] }) {
  const { t } = usePage();
  if (challenge.component === 'ak-source-plex') return <Plex challenge={challenge as PlexChallenge} />;
  if (challenge.component === 'ak-source-oauth-apple') return <Apple challenge={challenge as AppleChallenge} />;
  return <Alert>{t('This step cannot be shown here.')}</Alert>;
}
