import type { Translate } from '@gatehouse/texts/browser';
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { Schemas } from './schema.js';

/** The context of all components of the API documentation page. */
export interface ApiContext {
  readonly t: Translate;
  /** The named schemas; undefined until the page has fetched them. */
  readonly schemas: Schemas | undefined;
}

/** URL of the published OpenAPI schema. */
export const DOCUMENT_ADDRESS = '/api/v3/schema/?format=json';

const Context = createContext<ApiContext | undefined>(undefined);

/** Provides the context to its children. */
export const ApiProvider = Context.Provider;

/** Returns the context. Throws outside of an ApiProvider. */
export function useApi(): ApiContext {
  const api = useContext(Context);
  if (!api) throw new Error('useApi must be called inside an ApiProvider');
  return api;
}

/** Returns the named schemas of the OpenAPI document, which it fetches after hydration; undefined before. */
export function useSchemas(): Schemas | undefined {
  const [schemas, setSchemas] = useState<Schemas>();
  useEffect(() => {
    const fetched = fetch(DOCUMENT_ADDRESS).then((response) => response.json());
    // If the request fails, the page shows the same content as without JavaScript.
    void fetched
      .then(({ components }) => setSchemas((components as { schemas: Schemas }).schemas))
      .catch(() => undefined);
  }, []);
  return schemas;
}
