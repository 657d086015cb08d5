/** An error of a field of a response. */
export interface FieldError {
  /** The message for the visitor, in the visitor's language. */
  readonly string: string;
  /** The kind of the error, such as `required` or `invalid`. */
  readonly code: string;
  /** The code of the message in the contract of its stage, such as `password_invalid`. Absent if it has no code. */
  readonly reason?: string;
}

/** Errors by field of a response. Errors that concern the whole response are under `non_field_errors`. */
export type FieldErrors<Response> = string extends keyof Response
  ? { readonly [field: string]: readonly FieldError[] | undefined }
  : { readonly [Field in Exclude<keyof Response, 'component'> | 'non_field_errors']?: readonly FieldError[] };
