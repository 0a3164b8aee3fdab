// The filters, order and page of a list, as parameters of the page's URL and of the REST interface.

export interface ListQuery {
  search: string;
  exam: string;
  type: string;
  status: string; // several with commas
  ordering: string;
  page: number;
  pageSize: number;
}

export const PAGE_SIZES = [25, 50, 100, 200];
export const INITIAL: ListQuery = { search: '', exam: '', type: '', status: '', ordering: '', page: 1, pageSize: 25 };
const TEXTS = ['search', 'exam', 'type', 'status', 'ordering'] as const;

export function parseQuery(text: string): ListQuery {
  const given = new URLSearchParams(text);
  const found = { ...INITIAL };
  for (const name of TEXTS) found[name] = given.get(name) ?? '';
  found.page = Math.max(1, Math.floor(Number(given.get('page'))) || 1);
  const size = Number(given.get('page_size'));
  if (PAGE_SIZES.includes(size)) found.pageSize = size;
  return found;
}

/** Parameters for the URL, without default values. */
export function addressOf(query: ListQuery): string {
  const found = new URLSearchParams();
  for (const name of TEXTS) if (query[name]) found.set(name, query[name]);
  if (query.page > 1) found.set('page', String(query.page));
  if (query.pageSize !== INITIAL.pageSize) found.set('page_size', String(query.pageSize));
  return found.toString();
}

/** Parameters for the REST interface. */
export function parametersOf(query: ListQuery): string {
  const found = new URLSearchParams(addressOf({ ...query, status: '' }));
  for (const status of query.status.split(',').filter(Boolean)) found.append('status', status);
  found.set('page_size', String(query.pageSize));
  return found.toString();
}

export function hasFilters({ search, exam, type, status }: ListQuery): boolean {
  return Boolean(search || exam || type || status);
}

/** The order after a click on a column's heading: dates begin with the latest, other values with the first. */
export function nextOrdering(current: string, column: string, isMoment: boolean): string {
  const [first, second] = isMoment ? [`-${column}`, column] : [column, `-${column}`];
  return current === first ? second : first;
}
