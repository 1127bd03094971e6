import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AudioFiles } from "./AudioFiles";
import { fakeStorage } from "./fakes";

let play: ReturnType<typeof vi.spyOn>;

beforeEach(() => {
  play = vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue();
});
afterEach(() => vi.useRealTimers());

const audio = () => screen.getByLabelText<HTMLAudioElement>("Play 01.wav");

function listen() {
  const { storage, state } = fakeStorage();
  render(<AudioFiles files={["nora/01.wav"]} storage={storage} bucket="tracks" />);
  return state;
}

describe("audio", () => {
  it("plays from an address that is signed when the drawer opens", async () => {
    listen();

    await waitFor(() => expect(audio().src).toMatch(/tracks\/nora\/01\.wav\?n=1/));
  });

  it("renews an address whose time is over, and goes on where it was", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    listen();
    await waitFor(() => expect(audio().src).toMatch(/n=1/));
    audio().currentTime = 42;
    vi.setSystemTime(Date.now() + 3_600_000);

    fireEvent.play(audio());
    await waitFor(() => expect(audio().src).toMatch(/n=2/));
    audio().currentTime = 0;
    fireEvent.loadedMetadata(audio());

    expect(audio().currentTime).toBe(42);
    expect(play).toHaveBeenCalledOnce();
  });

  it("says that a file cannot be played, and tries again when asked", async () => {
    listen();
    await waitFor(() => expect(audio().src).toMatch(/n=1/));

    fireEvent.error(audio());
    expect(screen.getByRole("alert")).toHaveTextContent("01.wav cannot be opened");
    await userEvent.click(screen.getByRole("button", { name: "Try again: 01.wav" }));

    await waitFor(() => expect(audio().src).toMatch(/n=2/));
  });

  it("says why a file cannot be opened", async () => {
    const { storage, state } = fakeStorage();
    state.broken = true;

    render(<AudioFiles files={["a.wav", "data:x"]} storage={storage} bucket="tracks" />);

    expect(
      await screen.findByText(/a.wav cannot be opened: Object not found/),
    ).toBeVisible();
    expect(screen.getByText(/no address that can be opened/)).toBeVisible();
  });
});
