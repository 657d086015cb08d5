import { Configuration, CoreApi, FlowsApi, StagesApi } from '@goauthentik/api';
import type { Browser } from './browser.js';

const ROOT = '/api/v3';

interface Settings {
  /** API token, which the client sends as a bearer token. */
  readonly accessToken?: string;
}

/** Returns the client that authentik generates from its schema, with the cookies of `browser`. */
export function officialClient(browser: Browser, { accessToken }: Settings = {}) {
  const configuration = new Configuration({
    basePath: ROOT,
    ...(accessToken === undefined ? {} : { accessToken }),
    fetchApi: async (url: string, init?: RequestInit) => {
      const { status, headers, text } = await browser.fetch(url, init);
      // `Response` throws for a status 204 with any body, even an empty one.
      return new Response(text === '' ? null : text, { status, headers });
    },
  });
  return { flows: new FlowsApi(configuration), core: new CoreApi(configuration), stages: new StagesApi(configuration) };
}
