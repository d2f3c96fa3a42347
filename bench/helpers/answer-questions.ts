/** The helper's side of a conversation; ends the process when the one who asks is gone. */
export function answerQuestions(answer: (question: unknown) => Promise<unknown>): void {
  process.on("message", async (question) => {
    try {
      process.send?.({ answer: await answer(question) });
    } catch (error) {
      process.send?.({ fault: error instanceof Error ? error.message : String(error) });
    }
  });
  process.on("disconnect", () => process.exit());
}
