import type { Translate } from '@gatehouse/texts/browser';
import type { ApiPageData } from '../page.js';
import { Frame } from '../ui/frame.js';
import { languageMenuOf } from '../ui/language-menu.js';
import { ApiProvider, DOCUMENT_ADDRESS, useApi, useSchemas } from './api.context.js';
import { EndpointView } from './endpoint.js';
import { type ApiOutline, endpointsByTag } from './schema.js';
import { TryIt } from './try-it.js';

/**
 * The API documentation page. Without JavaScript it lists the endpoints, links to the schemas as JSON, and has no working
 * form that runs a flow.
 */
export function ApiPage({ pageData, t }: { pageData: ApiPageData; t: Translate }) {
  const schemas = useSchemas();
  const { api, brand, slug } = pageData;
  return (
    <ApiProvider value={{ t, schemas }}>
      <Frame brand={brand} menu={languageMenuOf({ pageData, t })} wide>
        <main class="api">
          <h1>
            {api.info.title} {api.info.version}
          </h1>
          <p>{api.info.description}</p>
          <p>
            <a href={DOCUMENT_ADDRESS}>{t('The schema as JSON')}</a> ·{' '}
            <a href="/api/v3/schema/?format=yaml">{t('The schema as YAML')}</a>
          </p>
          <TryIt flow={slug} />
          <Operations api={api} />
        </main>
      </Frame>
    </ApiProvider>
  );
}

function Operations({ api }: { api: ApiOutline }) {
  const { t } = useApi();
  return (
    <section aria-labelledby="operations">
      <h2 id="operations">{t('What it can do')}</h2>
      {endpointsByTag(api).map(([tag, endpoints]) => (
        <div key={tag}>
          <h3>{tag}</h3>
          {endpoints.map((endpoint) => (
            <EndpointView key={endpoint.operation.operationId} endpoint={endpoint} />
          ))}
        </div>
      ))}
    </section>
  );
}
