// The section of the extension: allowances and profiles in one list.

import { expect, test, vi } from 'vitest';
import '../src/accommodations/index';
import { aStaffPageEachTime, type Section, all, answer, api, changes, mount, one, pageOf, rendered, texts } from './staff_helpers';

const AT = { created: '2026-03-01T12:00:00Z', modified: '2026-03-01T12:00:00Z' };
const PROFILE = {
  id: 3,
  username: 'kim',
  scope: 'course',
  scope_id: 'course-v1:a+b+c',
  factor: '1.50',
  minutes: 0,
  break_count: 3,
  break_minutes: 10,
  break_total_minutes: 30,
  camera_exempt: true,
  for_reviewers: '',
  beyond_due_date: false,
  valid_from: null,
  valid_until: new Date('2026-04-01T00:00:00').toISOString(),
  approver: 'pat',
  note: '',
  ...AT,
};
const ALLOWANCE = {
  id: 3,
  user: { username: 'dana', email: 'dana@x.org' },
  exam: { id: 7, exam_name: 'Midterm', type: 'timed', time_limit_mins: 90 },
  key: 'time_multiplier',
  value: '1.5',
  additional_minutes: 45,
  ...AT,
};
const EFFECT = { code: 'cut', exam_name: '', minutes: 105, wanted: 135 };
const ROWS = [
  { id: 'allowance-3', source: 'allowance', allowance: ALLOWANCE, profile: null, effect: EFFECT },
  { id: 'profile-3', source: 'profile', allowance: null, profile: PROFILE, effect: null },
];

aStaffPageEachTime();

async function open(): Promise<Section> {
  api(({ path }) => (path === 'accommodations/3/' ? { body: PROFILE, etag: '"now"' } : pageOf(...ROWS)));
  return mount({}, 'proctoring-all-accommodations');
}

async function press(element: Section, selector: string): Promise<void> {
  one(element, selector).click();
  await rendered();
}

test('lists both sources with limits by the due date', async () => {
  const element = await open();
  expect(all(element, 'tbody tr')[0].dataset.attention).toBe('warn');
  expect(texts(element, '.effect')).toEqual(['Cut to 105 of 135 min by the due date']);
  const [first, second] = ['first', 'last'].map((place) => texts(element, `tbody tr:${place}-child .fact`));
  expect(first[1]).toBe('× 1.5135 min = 90 + 45 Cut to 105 of 135 min by the due date');
  expect(second.slice(0, 5)).toEqual(['All exams of the course, also later ones', '× 1.5', '3 × 10 min', 'Camera', 'Until Mar 31, 2026']);
  expect(second[5]).toMatch(/^Profile approved by pat/);
});

test('creates profiles for two learners after a preview', async () => {
  const element = await open();
  await press(element, '#add-allowance');
  await answer(element, { where: 'all' });
  const row = { exam_name: 'Midterm', minutes_before: 90, minutes_after: 135, ends_after: null, cut_by: 'due_date', is_counted_twice: false };
  changes.reply = ({ path }) => ({ body: path.endsWith('preview/') ? { rows: [row] } : PROFILE });
  await answer(element, { users: 'kim, jo', factor: '1,5', break_count: '2', break_minutes: '5', valid_until: '2026-03-31' });
  expect(texts(element, 'dialog .preview li')).toEqual(Array(2).fill('Midterm: 90 → 135 min; cut by the due date'));
  changes.reply = ({ body }) => (body.user === 'jo' ? { status: 409, body: { detail: 'There is one already.' } } : { body: PROFILE });
  await answer(element);
  const sent = changes.sent.map(({ path, body }) => [path, body.user]);
  expect(sent).toEqual([
    ['POST accommodations/preview/', 'kim'],
    ['POST accommodations/preview/', 'jo'],
    ['POST accommodations/', 'kim'],
    ['POST accommodations/', 'jo'],
  ]);
  const until = new Date('2026-04-01T00:00:00').toISOString();
  expect(changes.sent[2].body).toEqual({ user: 'kim', factor: '1.5', break_count: 2, break_minutes: 5, valid_until: until });
  expect(texts(element, 'dialog [role="alert"] li')).toEqual(['jo: There is one already.']);
  await answer(element);
  expect(one<HTMLTextAreaElement>(element, '#user_info').value).toBe('jo');
});

test('only allowances can be selected to be copied or removed', async () => {
  const element = await open();
  const boxes = all(element, 'tbody .choose input') as HTMLInputElement[];
  expect(boxes.map((box) => box.getAttribute('aria-label'))).toEqual(['Select dana, Midterm']);
  boxes[0].checked = true;
  boxes[0].dispatchEvent(new Event('change'));
  await rendered();
  changes.reply = () => ({ body: { succeeded: 1, failed: 0, results: [] } });
  await press(element, '.bulk .btn-danger');
  await answer(element);
  expect(changes.sent[0].body).toEqual({ action: 'delete', allowance_ids: [3] });
});

test('grants for single exams are allowances', async () => {
  const element = await open();
  await press(element, '#add-allowance');
  await answer(element, { where: 'some' });
  expect(one(element, 'dialog [name="exams"]')).not.toBeNull();
});

test('sends only changed values and overwrites no change by others', async () => {
  const element = await open();
  await press(element, '.edit-profile');
  expect(one<HTMLInputElement>(element, 'dialog [name="valid_until"]').value).toBe('2026-03-31');
  changes.reply = ({ path }) => (path.startsWith('PATCH') ? { status: 412, body: { detail: 'No.' } } : { body: { rows: [] } });
  await answer(element, { minutes: '10' });
  await answer(element);
  expect(changes.sent[1]).toMatchObject({ path: 'PATCH accommodations/3/', body: { minutes: 10 }, match: '"now"' });
  expect(texts(element, 'dialog [role="alert"] p')[0]).toMatch(/^Somebody else has changed this/);
  expect(one<HTMLInputElement>(element, 'dialog [name="minutes"]').value).toBe('10');
});

test('withdrawing ends the validity immediately', async () => {
  const element = await open();
  await press(element, '.end-profile');
  expect(texts(element, 'dialog strong')).toEqual(['× 1.5 · 3 × 10 min · Until Mar 31, 2026']);
  await answer(element);
  expect(changes.sent[0].path).toBe('POST accommodations/3/end/');
  expect(texts(element, '.notices p')).toEqual(['The accommodation of kim has ended.']);
});

test('a file is previewed before it is stored, with errors first', async () => {
  const element = await open();
  await press(element, '.import-profiles');
  const field = one<HTMLInputElement>(element, 'dialog [name="file"]');
  const choose = async (...bytes: number[]) => {
    const file = { arrayBuffer: () => Promise.resolve(Uint8Array.from(bytes).buffer) };
    Object.defineProperty(field, 'files', { value: [file], configurable: true });
    field.dispatchEvent(new Event('change'));
    await rendered();
  };
  await choose(0xfc);
  expect(texts(element, '.error')).toEqual(['The file cannot be read, or is not encoded in UTF-8.']);
  await choose(...new TextEncoder().encode('username,factor\nkim,2\n'));
  const rows = [
    { line: 2, username: 'kim', outcome: 'changed', changes: { factor: ['1.50', '2.00'] }, errors: {} },
    { line: 3, username: 'yukii', outcome: 'refused', changes: {}, errors: { username: ['There is no such learner here.'] } },
  ];
  changes.reply = () => ({ body: { created: 0, changed: 1, unchanged: 92, refused: 1, rows } });
  await answer(element);
  expect(texts(element, 'dialog p')[0]).toBe('Errors: 1. Changed: 1. New: 0. Same: 92.');
  expect(texts(element, 'dialog li')).toEqual([
    'Line 3: yukii · Error, skipped Who: There is no such learner here.',
    'Line 2: kim · Changed Factor: 1.50 → 2.00',
  ]);
  await answer(element);
  expect(changes.sent.map(({ path, text }) => [path, text])).toEqual([
    ['POST accommodations/import/preview/', 'username,factor\nkim,2\n'],
    ['POST accommodations/import/', 'username,factor\nkim,2\n'],
  ]);
  expect(texts(element, 'dialog li')).toHaveLength(1);
});

test.each([
  ['accommodations csv', 'accommodations/export/?bom=true'],
  ['allowances xlsx', 'allowances/export/?file=xlsx'],
])('%s is exported', async (file, address) => {
  const element = await open();
  await press(element, '.export');
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (url: string) => {
    asked.push(url);
    return new Response('{"detail": "No."}', { status: 403 });
  });
  await press(element, `dialog [name="file"][value="${file}"]`);
  await answer(element);
  await vi.waitFor(() => expect(texts(element, 'dialog [role="alert"] p')).toEqual(['The file could not be made. No.']));
  expect(asked).toEqual([`/api/edx_proctoring/v2/courses/course-v1:a+b+c/${address}`]);
});
