// The filters, order and page of a list, as parameters of the page's URL and of the REST interface.

export interface ListQuery {
  search: string;
  filters: Record<string, string>; // by name; several values with commas; '' is no filter
  ordering: string;
  page: number;
  pageSize: number;
}

/** A filter: how its value in the address becomes parameters of the interface; by default, one of the same name. */
export interface FilterSpec {
  name: string;
  parameters?: (value: string) => [string, string][];
}

export const PAGE_SIZES = [25, 50, 100, 200];
export const INITIAL: ListQuery = { search: '', filters: {}, ordering: '', page: 1, pageSize: 25 };
const OWN = ['search', 'ordering', 'page', 'page_size', 'open'];

/** Names that are no filters of this list are kept: the server says that it does not know them. */
export function parseQuery(text: string): ListQuery {
  const given = new URLSearchParams(text);
  const found = { ...INITIAL, filters: {} as Record<string, string> };
  found.search = given.get('search') ?? '';
  found.ordering = given.get('ordering') ?? '';
  for (const [name, value] of given) if (!OWN.includes(name)) found.filters[name] = value;
  found.page = Math.max(1, Math.floor(Number(given.get('page'))) || 1);
  const size = Number(given.get('page_size'));
  if (PAGE_SIZES.includes(size)) found.pageSize = size;
  return found;
}

function chosen(query: ListQuery): [string, string][] {
  return Object.entries(query.filters).filter(([, value]) => value);
}

/** Parameters for the URL, without default values. */
export function addressOf(query: ListQuery): string {
  const found = new URLSearchParams();
  if (query.search) found.set('search', query.search);
  for (const [name, value] of chosen(query)) found.set(name, value);
  if (query.ordering) found.set('ordering', query.ordering);
  if (query.page > 1) found.set('page', String(query.page));
  if (query.pageSize !== INITIAL.pageSize) found.set('page_size', String(query.pageSize));
  return found.toString();
}

/** Parameters for the REST interface. */
export function parametersOf(query: ListQuery, specs: FilterSpec[]): string {
  const found = new URLSearchParams(addressOf({ ...query, filters: {} }));
  for (const [name, value] of chosen(query)) {
    const parameters = specs.find((spec) => spec.name === name)?.parameters;
    for (const [one, text] of parameters?.(value) ?? [[name, value]]) found.append(one, text);
  }
  found.set('page_size', String(query.pageSize));
  return found.toString();
}

/** Parameters without order and page, for exports and for what is done with all rows. */
export function filtersOf(query: ListQuery, specs: FilterSpec[]): URLSearchParams {
  const found = new URLSearchParams(parametersOf({ ...query, ordering: '' }, specs));
  found.delete('page');
  found.delete('page_size');
  return found;
}

export function hasFilters(query: ListQuery): boolean {
  return Boolean(query.search) || chosen(query).length > 0;
}

/** The order after a click on a column's heading: dates begin with the latest, other values with the first. */
export function nextOrdering(current: string, column: string, isMoment: boolean): string {
  const [first, second] = isMoment ? [`-${column}`, column] : [column, `-${column}`];
  return current === first ? second : first;
}
