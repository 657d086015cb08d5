import type { ComponentChildren } from 'preact';
import { type Envelope, errorsOf } from '../challenges/envelope.js';
import { messagesOf } from '../challenges/error-words.js';
import { readForm } from '../flow/form.reader.js';
import { type FormAnswer, usePage } from '../flow/page.context.js';
import { Alert } from './alert.js';

interface Props {
  readonly challenge: Envelope;
  /** Fields that show their own errors. */
  readonly fields?: readonly string[];
  /** Returns a promise that the form awaits before it reads its fields, for example until the captcha is solved. */
  readonly ready?: (form: HTMLFormElement) => Promise<unknown>;
  /** Members of the answer that have no field in the form. A plain POST, without JavaScript, lacks them. */
  readonly members?: FormAnswer;
  readonly children: ComponentChildren;
}

/** A form that answers the challenge, by script or by a plain POST without JavaScript. */
export function Form({ challenge, fields = [], ready = async () => undefined, members, children }: Props) {
  const { pageData, answer } = usePage();
  const { token, step } = pageData;
  const hidden = [token, ...(step ? [step] : [])];
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const { submitter } = event;
    void ready(form)
      .then(() =>
        readForm(
          form,
          submitter,
          hidden.map(({ field }) => field),
        ),
      )
      .then((fieldValues) => answer({ ...fieldValues, ...members }));
  };
  return (
    <form method="post" action={pageData.address} onSubmit={submit}>
      {hidden.map(({ field, value }) => (
        <input key={field} type="hidden" name={field} value={value} />
      ))}
      <input type="hidden" name="component" value={challenge.component} />
      <FormErrors challenge={challenge} shownFields={fields} />
      {children}
    </form>
  );
}

/** Shows the errors that no visible field shows. `shownFields` are the fields that show their own errors. */
export function FormErrors({ challenge, shownFields = [] }: { challenge: Envelope; shownFields?: readonly string[] }) {
  const { t } = usePage();
  const otherErrors = Object.entries(errorsOf(challenge)).flatMap(([field, messages]) =>
    shownFields.includes(field) ? [] : (messages ?? []),
  );
  return otherErrors.length > 0 ? <Alert>{messagesOf(otherErrors, t)}</Alert> : null;
}
