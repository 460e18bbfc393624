"""/desk: what a service desk (司法所, 工作站, 法律援助处 …) sees of the slips sent to it."""
