import type { StageForm as ClientForm } from '@gatehouse/client';
import type { StageForm } from '@gatehouse/contracts';
import { expectTypeOf, it } from 'vitest';

it('the package for clients types the form of an external stage as the gateway does', () => {
  expectTypeOf<ClientForm>().toEqualTypeOf<StageForm>();
});
