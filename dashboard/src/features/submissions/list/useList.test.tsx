import { act, renderHook } from "@testing-library/react";
import { MemoryRouter, useSearchParams } from "react-router";
import { expect, it } from "vitest";
import { useQueryInAddress } from "./useList";

it("gives the same query while only the open submission changes", () => {
  const { result } = renderHook(
    () => ({ query: useQueryInAddress()[0], setParameters: useSearchParams()[1] }),
    {
      wrapper: ({ children }) => (
        <MemoryRouter initialEntries={["/?q=night&sort=-rating"]}>{children}</MemoryRouter>
      ),
    },
  );
  const before = result.current.query;
  expect(before).toMatchObject({ search: "night", sort: "rating", descending: true });
  act(() => result.current.setParameters({ q: "night", sort: "-rating", id: "s-1" }));
  expect(result.current.query).toBe(before);
});
