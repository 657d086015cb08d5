import type { ComponentChildren } from 'preact';
import { type Envelope, errorsOf } from '../challenges/envelope.js';
import { readForm } from '../flow/form.reader.js';
import { usePage } from '../flow/page.context.js';
import { Alert } from './alert.js';
import { messagesOf } from './field.js';

interface Props {
  readonly challenge: Envelope;
  /** Fields that show their errors themselves. */
  readonly fields?: readonly string[];
  /** What has to be there before the form is read; somebody may be quicker. */
  readonly ready?: () => Promise<unknown>;
  readonly children: ComponentChildren;
}

/** A form that answers the challenge: by a script where there is one, by a plain POST where there is none. */
export function Form({ challenge, fields = [], ready = async () => undefined, children }: Props) {
  const { opened, answer } = usePage();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const { submitter } = event;
    void ready()
      .then(() => readForm(form, submitter, opened.token.field))
      .then(answer);
  };
  return (
    <form method="post" action={opened.address} onSubmit={submit}>
      <input type="hidden" name={opened.token.field} value={opened.token.value} />
      <input type="hidden" name="component" value={challenge.component} />
      <FormErrors challenge={challenge} besides={fields} />
      {children}
    </form>
  );
}

/** What is wrong and belongs to no field that is shown. */
export function FormErrors({ challenge, besides = [] }: { challenge: Envelope; besides?: readonly string[] }) {
  const loose = Object.entries(errorsOf(challenge)).flatMap(([field, messages]) =>
    besides.includes(field) ? [] : (messages ?? []),
  );
  return loose.length > 0 ? <Alert>{messagesOf(loose)}</Alert> : null;
}
