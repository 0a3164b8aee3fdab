// What staff do with all attempts that the filters leave, on all pages.

import { describe, expect, test, vi } from 'vitest';
import { aStaffPageEachTime, all as found, answer, api, attempt, button, changes, mount, one, pageOf, rendered, texts, type Section } from './staff_helpers';

const RUNNING = { status: 'started' };
const ROW = { outcome: 'possible', code: '', seconds: 600, gained: 600, ends_before: null, ends_after: null, is_cut: false };
const CHANGE = { id: null, total: 2, done: 0, failed: {}, may_be_undone_until: null };

aStaffPageEachTime();

async function begin(element: Section, name: string): Promise<void> {
  found(element, '.bulk button').find((one) => one.textContent!.includes(name))!.click();
  await rendered();
}

describe('all that match, on all pages,', () => {
  const ABOUT = { count: 1234, count_is_about: true };

  async function all(query = 'status=started'): Promise<Section> {
    const rows = Array.from({ length: 25 }, (_, index) => attempt(index + 1, RUNNING));
    api(({ path }) => (path === 'attempts/' ? { body: { ...ABOUT, results: rows } } : { status: 404 }));
    const element = await mount({ query });
    const box = one<HTMLInputElement>(element, 'tbody input[type="checkbox"]');
    box.checked = true;
    box.dispatchEvent(new Event('change'));
    await rendered();
    button(element, 'Select all about 1,234 that match').click();
    await rendered();
    return element;
  }

  function worker(total: number): void {
    const shown = [{ attempt_id: 1, username: 'learner1', exam_name: 'Midterm', outcome: 'possible', detail: '' }];
    changes.reply = ({ body }) =>
      body.dry_run
        ? { body: { id: null, total, done: 1, failed: 0, results: shown } }
        : { status: 202, body: { id: 4, total, done: 0, failed: 0, results: [] } };
  }

  test('are ended by the worker; the preview told how many they are exactly', async () => {
    const element = await all();
    expect(texts(element, '.bulk .chosen')).toEqual(['Selected: all about 1,234 that match']);
    expect(element.shadowRoot!.activeElement).toBe(one(element, '.bulk .chosen'));
    expect(one(element, 'tbody').querySelectorAll('[data-chosen]')).toHaveLength(25);
    worker(1217);
    await begin(element, 'End attempt');
    expect(texts(element, 'dialog h2')).toEqual(['End 1,217 attempts']);
    expect(texts(element, 'dialog .dialog-body > .hint')).toEqual(['The first 1 of 1,217 attempts are shown.']);
    const failed = { attempt_id: 9, username: 'learner9', exam_name: 'Midterm', outcome: 'failed', code: 'attempt_action_not_possible', detail: '' };
    api(({ path }) =>
      path === 'attempts/actions/4/' ? { body: { id: 4, total: 1217, done: 1217, failed: 1, results: [failed] } } : pageOf(attempt(1, RUNNING)));
    worker(1217);
    await answer(element, { reason: 'Fire' });
    expect(changes.sent[0].body).toEqual({ action: 'end', filter: 'status=started', count: 1217, reason: 'Fire' });
    expect(texts(element, '.notices p')).toEqual(['The attempts are being changed: 0 of 1,217.']);
    expect(one(element, '.bulk')).toBeNull();
    await vi.advanceTimersByTimeAsync(5000);
    await rendered();
    expect(texts(element, '.notices p')).toEqual(['Done for 1,216 of 1,217.']);
    expect(texts(element, 'dialog li')).toEqual(['learner9 · Midterm: The attempt’s status does not allow this, or no longer.']);
  });

  test('are counted again if others match now, and nothing is changed until then', async () => {
    const element = await all();
    worker(1217);
    await begin(element, 'End attempt');
    changes.reply = () => {
      worker(1218);
      return { status: 409, body: { code: 'others_match', detail: 'Others match now.' } };
    };
    await answer(element, { reason: 'Fire' });
    expect(texts(element, 'dialog h2')).toEqual(['End 1,218 attempts']);
    expect(texts(element, 'dialog [role="alert"]')).toEqual([
      'The number of attempts that match has changed in the meantime, so nothing was changed. This is how it would be now.',
    ]);
    expect(one<HTMLTextAreaElement>(element, 'dialog textarea').value).toBe('Fire');
  });

  test('get minutes by the filter and the number that the preview told', async () => {
    const element = await all();
    button(element, 'Add minutes…').click();
    await rendered();
    expect(texts(element, 'dialog h2')).toEqual(['Add minutes to all attempts that match']);
    changes.reply = ({ body }) =>
      body.dry_run
        ? { body: { change: { ...CHANGE, total: 1217 }, rows: [{ ...ROW, attempt_id: 1, username: 'learner1' }] } }
        : { status: 202, body: { change: { ...CHANGE, id: 8, total: 1217 }, rows: [] } };
    await answer(element, { minutes: '5', reason: 'Fire' });
    await answer(element);
    const body = { action: 'extend', filter: 'status=started', seconds: 300, reason: 'Fire' };
    expect(changes.sent.map((one) => one.body)).toEqual([{ ...body, dry_run: true }, { ...body, count: 1217 }]);
  });

  test('are no longer chosen after another filter or a change of one row', async () => {
    const element = await all();
    const box = one<HTMLInputElement>(element, 'tbody input[type="checkbox"]');
    box.checked = false;
    box.dispatchEvent(new Event('change'));
    await rendered();
    expect(texts(element, '.bulk .chosen')).toEqual(['Selected: 24']);
    button(element, 'Select all about 1,234 that match').click();
    await rendered();
    const exam = one<HTMLSelectElement>(element, 'select[name="exam"], #filter-exam');
    exam.value = '7';
    exam.dispatchEvent(new Event('change'));
    await rendered();
    expect(texts(element, '.bulk .chosen')).toEqual(['Selected: 25']);
  });

  test('more than can be chosen are refused with the server’s words', async () => {
    const element = await all();
    const errors = [{ field: 'filter', detail: 'More than 10,000 rows match.' }];
    changes.reply = () => ({ status: 400, body: { code: 'invalid', detail: 'Invalid.', errors } });
    await begin(element, 'Reset');
    expect(texts(element, '.notices p')).toEqual(['Invalid. More than 10,000 rows match.']);
  });
});
