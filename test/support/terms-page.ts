import type { Page } from 'playwright-core';

/** Logs alice in on the page of the example in Python as far as the terms of use. */
async function reachTerms(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/if/flow/login-with-terms/?next=%2Fif%2Fuser%2F`);
  await page.getByLabel(/email/i).fill('alice');
  await page.getByLabel('Password', { exact: true }).fill('correct-horse-7');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Terms of use' }).waitFor();
}

/**
 * Opens the terms of use, leaves them by "Not you?", opens them again, and submits them unaccepted. Returns the
 * checkbox once the page shows the error and the remaining attempts.
 */
export async function refuseTerms(page: Page, url: string) {
  await reachTerms(page, url);
  await page.getByRole('link', { name: 'Not you?' }).click();
  await page.getByLabel(/email/i).waitFor();
  await reachTerms(page, url);
  await page.getByText('Be kind to each other.').waitFor();
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('You can only go on if you accept the terms.').waitFor();
  await page.getByText('Attempts left: 2').waitFor();
  return page.getByRole('checkbox', { name: 'I accept these terms' });
}
