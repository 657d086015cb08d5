import type { Browser, BrowserResponse } from './browser.js';

/** The member `preview` of a response: the state for the next request, and the notes of the run. */
interface PreviewMember {
  readonly state: string;
  readonly notes: readonly { readonly what: string; readonly details: Readonly<Record<string, unknown>> }[];
}

/** Returns the member `preview` of a response. */
export const previewOf = ({ body }: BrowserResponse) => (body as unknown as { preview: PreviewMember }).preview;

/** Sends a request to a preview. */
export const requestPreview = (browser: Browser, link: string, body: object = {}) =>
  browser.fetch(`/api/v3/flows/previews/${link}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** A run of a preview, which sends the newest state with each request and collects the notes. */
export class PreviewRun {
  readonly notes: PreviewMember['notes'][number][] = [];
  private state: string | undefined;

  constructor(
    private readonly browser: Browser,
    private readonly link: string,
  ) {}

  /** Starts the run, or shows its challenge. */
  show = () => this.send({});

  answer = (answer: object) => this.send({ answer });

  /** Follows a mailed link. `flow_token` is the token in the link. */
  follow = (flow_token: string) => this.send({ flow_token });

  private async send(more: object): Promise<BrowserResponse> {
    const response = await requestPreview(this.browser, this.link, { state: this.state, ...more });
    const preview = previewOf(response);
    if (preview) {
      this.state = preview.state;
      this.notes.push(...preview.notes);
    }
    return response;
  }
}
