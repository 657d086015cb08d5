import type { StageForm } from '@gatehouse/client';

/** An error message of the API. */
export interface WireMessage {
  readonly string: string;
  readonly code: string;
  /** Name of the reason, from which the page chooses its own text. */
  readonly reason?: string;
}

/** Errors by field. */
export type Errors = Readonly<Record<string, readonly WireMessage[] | undefined>>;

/** The fields that every challenge may have. */
export interface Envelope {
  readonly component: string;
  readonly flow_info?:
    | {
        readonly title?: string;
        readonly background?: string;
        readonly background_themed_urls?: { readonly light: string; readonly dark: string } | null;
        readonly cancel_url?: string;
        readonly layout?: string;
      }
    | undefined;
  readonly response_errors?: Errors | undefined;
  /** Name of the reason why the run was refused, from which the page chooses its own text. */
  readonly reason?: string | undefined;
  readonly pending_user?: string | undefined;
  readonly pending_user_avatar?: string | undefined;
  /** The form of an external stage. */
  readonly gatehouse_form?: StageForm | undefined;
}

/** The challenge of an external stage, with the form that its descriptor describes. */
export interface DescribedChallenge extends Envelope {
  readonly gatehouse_form: StageForm;
  readonly [field: string]: unknown;
}

/**
 * Returns the errors of a challenge as an object without a prototype, because an external stage may name a field
 * `constructor`.
 */
export const errorsOf = ({ response_errors }: Envelope): Errors =>
  Object.assign(Object.create(null) as object, response_errors);
