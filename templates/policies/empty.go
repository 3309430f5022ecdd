package policies

// noPolicy says why the list of policies is empty, and what fills it.
func noPolicy(draws bool) string {
	if draws {
		return "No policy yet. The standard policy is complete; draw one up from it and adjust what differs here."
	}
	return "No policy yet. A release manager, change manager or service owner draws up the first."
}

// noModel is noPolicy for models.
func noModel(draws bool) string {
	if draws {
		return "No model yet. Start from a ready-made one below, or with an empty form."
	}
	return "No model yet. A release manager or change manager draws up the first."
}
