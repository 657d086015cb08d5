/** A member of the challenge that a form shows. `image` is a picture as a data URL. */
export interface ShownMember {
  readonly name: string;
  readonly type: 'text' | 'list' | 'image';
  readonly label?: string;
}

/** An input of a form, for the field `name` of the response. */
export interface FormField {
  readonly name: string;
  readonly type:
    | ('text' | 'multiline' | 'password' | 'email' | 'url' | 'date' | 'date-time')
    | ('number' | 'checkbox' | 'choice' | 'file');
  readonly label: string;
  readonly hint?: string;
  readonly required: boolean;
  /** The choices of a `choice`. */
  readonly options?: readonly { readonly value: string; readonly label: string }[];
  /** The initial value, unless the challenge has a field of this name. */
  readonly initial?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Step of a number: 1 for an integer. */
  readonly step?: number;
  readonly max_length?: number;
  /** Largest size of a file in bytes. The response has the file as a data URL. */
  readonly max_bytes?: number;
}

/** The form of an external stage, as the stage describes it. All texts are plain text. */
export interface StageForm {
  /** Heading of the step. */
  readonly title?: string;
  /** Label of the button. */
  readonly button?: string;
  readonly shows: readonly ShownMember[];
  readonly fields: readonly FormField[];
  /**
   * JavaScript that shows the form in its own way, and its hash for a Content-Security-Policy. Run it in a sandboxed frame
   * only: it is code of the stage's vendor.
   */
  readonly module?: { readonly code: string; readonly integrity: string };
}
