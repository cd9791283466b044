print("rider")
