/** What the list is asked for, and how the page's address says it. */

export const SORTS = [
  "title",
  "status",
  "genre",
  "rating",
  "bpm",
  "submitted",
  "updated",
] as const;
export type Sort = (typeof SORTS)[number];

/** A least rating, or `none` for those without one. */
export type RatingFilter = number | "none" | null;

export interface Query {
  search: string;
  /** Empty: every status. */
  statuses: readonly string[];
  genre: string | null;
  rating: RatingFilter;
  sort: Sort;
  descending: boolean;
}

export const ALL: Query = {
  search: "",
  statuses: [],
  genre: null,
  rating: null,
  sort: "submitted",
  descending: true,
};

const LONGEST_SEARCH = 200;
const MOST_STATUSES = 20;

/** Whatever is no query is as if it were not there. */
export function queryOf(parameters: URLSearchParams): Query {
  const written = parameters.get("sort") ?? "";
  const name = written.replace(/^-/, "");
  const sort = SORTS.find((known) => known === name);
  return {
    search: (parameters.get("q") ?? "").slice(0, LONGEST_SEARCH),
    statuses: [...new Set(parameters.getAll("status"))].slice(0, MOST_STATUSES),
    genre: parameters.get("genre"),
    rating: ratingOf(parameters.get("rating")),
    sort: sort ?? ALL.sort,
    descending: sort ? written.startsWith("-") : ALL.descending,
  };
}

/** The address of a query; parameters that are not the list's stay. */
export function written(query: Query, parameters: URLSearchParams): URLSearchParams {
  const result = new URLSearchParams(parameters);
  for (const name of ["q", "status", "genre", "rating", "sort"]) result.delete(name);
  if (query.search) result.set("q", query.search);
  for (const status of query.statuses) result.append("status", status);
  if (query.genre !== null) result.set("genre", query.genre);
  if (query.rating !== null) result.set("rating", String(query.rating));
  if (query.sort !== ALL.sort || query.descending !== ALL.descending)
    result.set("sort", `${query.descending ? "-" : ""}${query.sort}`);
  return result;
}

export function ratingOf(text: string | null): RatingFilter {
  if (text === "none") return "none";
  return text !== null && /^([1-9]|10)$/.test(text) ? Number(text) : null;
}

export function isFiltered(query: Query): boolean {
  const { search, statuses, genre, rating } = query;
  return search.trim() !== "" || statuses.length > 0 || genre !== null || rating !== null;
}

/** A second click on a column turns its order round; numbers and times begin with the most. */
export function sortedBy(query: Query, sort: Sort): Query {
  if (query.sort === sort) return { ...query, descending: !query.descending };
  const descending = ["rating", "bpm", "submitted", "updated"].includes(sort);
  return { ...query, sort, descending };
}

export function withStatus(query: Query, status: string): Query {
  const others = query.statuses.filter((other) => other !== status);
  const isOn = others.length < query.statuses.length;
  return { ...query, statuses: isOn ? others : [...others, status] };
}
