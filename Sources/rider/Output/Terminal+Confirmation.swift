extension Terminal {
    /// Lets a person confirm what cannot be undone.
    ///
    /// - Parameter isConfirmed: `--yes` was given: nobody is asked.
    /// - Throws: ``CommandFailure`` when the answer is no, or when there is no terminal to ask on.
    static func confirm(_ question: String, isConfirmed: Bool) throws(CommandFailure) {
        if isConfirmed { return }
        guard isInputATerminal else {
            throw CommandFailure("this cannot be undone: add --yes when no terminal is there to ask", status: .wrongUse)
        }
        writeError(question + " [y/N] ")
        guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
            throw CommandFailure("nothing was changed")
        }
    }
}
