/// What the people around a robot are told when something does not work, in their language. Programs read codes and English
/// error texts; these sentences are to be spoken or shown.
public enum PersonMessage: Sendable, Hashable, CaseIterable {
    /// There is no model to think with.
    case noModel
    /// The model gave no answer.
    case failed
    case tooSlow
    case busy

    public func text(in language: Language) -> String {
        switch (self, language) {
        case (.noModel, .polish): "Nie mam teraz czym myśleć: model językowy jest niedostępny."
        case (.noModel, .english): "I have nothing to think with now: the language model is not available."
        case (.failed, .polish): "Nie udało mi się znaleźć odpowiedzi. Spróbuj jeszcze raz."
        case (.failed, .english): "I could not find an answer. Please try again."
        case (.tooSlow, .polish): "To zajmuje mi za dużo czasu. Spróbuj zapytać krócej."
        case (.tooSlow, .english): "This is taking me too long. Please try a shorter question."
        case (.busy, .polish): "Mam teraz za dużo pytań. Spróbuj za chwilę."
        case (.busy, .english): "I have too many questions at once. Please try again in a moment."
        }
    }
}
